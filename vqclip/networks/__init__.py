"""The networks themselves: VQGANs, CLIPs, priors."""
