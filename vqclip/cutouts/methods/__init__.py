"""The cut methods of `settings.cut_methods.CUT_METHODS`: one file each, whose `plan` chooses cutouts."""
