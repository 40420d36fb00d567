"""Muon (Jordan and others, 2024): momentum whose matrix is made orthogonal before it is applied.

torch.optim.Muon computes in bfloat16, which most CPUs emulate slowly; this one does where the CPU does.
"""

import torch

from precision import has_bfloat16


class Muon(torch.optim.Optimizer):
    """For the matrices inside a network; a convolution counts as one, of (out, in x height x width).

    The step is scaled to AdamW's size, so that its rates fit.
    """

    def __init__(self, parameters, lr, momentum=0.95, weight_decay=0.03):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:  # a part that had no share in this loss
                    continue
                memory = self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
                memory.lerp_(parameter.grad, 1 - group["momentum"])
                update = orthogonal(parameter.grad.lerp(memory, group["momentum"]).flatten(1))
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                size = 0.2 * max(update.shape) ** 0.5
                parameter.add_(update.view_as(parameter), alpha=-size * group["lr"])


def orthogonal(matrix, steps=5):
    """The nearest matrix with all singular values near 1, by a quintic Newton-Schulz iteration."""
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / (x.norm() + 1e-7)
    if has_bfloat16():
        x = x.bfloat16()
    for _ in range(steps):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    x = x.to(matrix.dtype)
    return x.T if matrix.shape[0] > matrix.shape[1] else x
