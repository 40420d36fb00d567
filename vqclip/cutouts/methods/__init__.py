"""The cut methods: one file each, whose `plan` draws the cutouts of a step. A file here is a --cut-method."""
