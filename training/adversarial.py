"""The adversarial losses of the VQGAN paper: a patch discriminator, a perceptual loss, an adaptive weight.

Esser, Rombach, Ommer, "Taming Transformers for High-Resolution Image Synthesis" (2021, arXiv 2012.09841). Differences
from the paper:

- The discriminator has group norm instead of batch norm, because batches are small here, and sees patches of 34 px
  instead of 70, because the pictures are small.
- It sees pictures without their local mean (`details`). With the mean, it stayed near chance for hundreds of
  steps.
- The perceptual loss takes features of the built-in CLIP instead of VGG, which the repository does not ship.
- The discriminator's features are compared, too (`feature_matching_loss`), and flat parts are kept flat
  (`flatness_loss`).

Pictures are (B, 3, H, W) float32 in [-1, 1].
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from open_clip.factory import create_model
from torch import nn

from vqclip.synthesis.gradients import clamp_with_gradient

CLIP = Path(__file__).parents[1] / "checkpoints" / "tiny_clip"
MAXIMUM_WEIGHT = 1e4


class PatchDiscriminator(nn.Module):
    """PatchGAN (Isola and others, 2017, arXiv 1611.07004): says of every 34x34 patch whether it is real.

    The layers are those of taming's `NLayerDiscriminator(n_layers=2)`, with group norm for batch norm.
    """

    def __init__(self, width: int = 32) -> None:
        """Build it with random weights.

        Args:
            width: Channels of the first layer; the next two have two and four times as many.
        """
        super().__init__()
        sizes = [(3, width, 2), (width, 2 * width, 2), (2 * width, 4 * width, 1), (4 * width, 1, 1)]
        self.layers = nn.ModuleList(nn.Conv2d(i, o, 4, stride, padding=1) for i, o, stride in sizes)
        self.norms = nn.ModuleList([nn.Identity(), *(nn.GroupNorm(8, n * width) for n in (2, 4))])

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Compute the activations of every layer.

        Args:
            images: (B, 3, H, W) in [-1, 1], H and W at least 16.

        Returns:
            The features of the inner layers, and last the logits (B, 1, H/4 - 2, W/4 - 2), positive for real.
        """
        activations, x = [], details(images)
        for layer, norm in zip(self.layers, self.norms, strict=False):
            x = F.leaky_relu(norm(layer(x)), 0.2)
            activations.append(x)
        return [*activations, self.layers[-1](x)]


def details(images: torch.Tensor, window: int = 7, gain: float = 3.0) -> torch.Tensor:
    """Subtract the local mean: what is left are edges, texture and grain, and no colour of a flat part.

    The pixel losses determine the colours. A discriminator that sees colours learns more slowly, and its gradient
    shifts the colours of whole pictures.

    Args:
        images: (B, 3, H, W).
        window: Side of the square that the mean is taken over, in pixels.
        gain: What the differences are multiplied with.

    Returns:
        (B, 3, H, W) around 0.
    """
    reach = window // 2
    padded = F.pad(images, (reach, reach, reach, reach), mode="replicate")
    return gain * (images - F.avg_pool2d(padded, window, 1))


class PerceptualLoss(nn.Module):
    """Distance between the features of two pictures in the built-in CLIP's image encoder.

    As LPIPS (Zhang and others, 2018, arXiv 1801.03924) without its learned weights: features of unit length at each
    place, squared differences, mean over places, sum over layers. The encoder is frozen and fully convolutional in
    the layers used, so pictures of any size are compared at their own scale.
    """

    def __init__(self, folder: Path = CLIP) -> None:
        """Load the encoder.

        Args:
            folder: An open_clip model folder whose image encoder is a ModifiedResNet.
        """
        super().__init__()
        self.encoder = create_model(f"local-dir:{folder}").visual.eval().requires_grad_(False)

    def features(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Compute features of unit length at 1/2, 1/4 and 1/8 of the size of images (B, 3, H, W)."""
        e, x = self.encoder, images
        features = []
        for convolution, norm, activation in (
            (e.conv1, e.bn1, e.act1),
            (e.conv2, e.bn2, e.act2),
            (e.conv3, e.bn3, e.act3),
        ):
            x = activation(norm(convolution(x)))
        features.append(x)
        for layer in (lambda y: e.layer1(e.avgpool(y)), e.layer2):
            x = layer(x)
            features.append(x)
        return [F.normalize(f.float(), dim=1, eps=1e-3) for f in features]

    def forward(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Compare pictures.

        Args:
            output: (B, 3, H, W) in [-1, 1].
            target: (B, 3, H, W) in [-1, 1].

        Returns:
            (B,) distance of each pair, at least 0.
        """
        with torch.no_grad():
            wanted = self.features(target)
        pairs = zip(self.features(output), wanted, strict=True)
        return sum((a - b).square().sum(1).mean((1, 2)) for a, b in pairs)


def hinge_discriminator_loss(real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    """Compute the hinge loss of the discriminator.

    Args:
        real: Logits of real pictures, any shape.
        fake: Logits of decoded pictures, any shape.

    Returns:
        A scalar, 1 where the discriminator cannot tell them apart.
    """
    return 0.5 * (F.relu(1 - real).mean() + F.relu(1 + fake).mean())


def hinge_generator_loss(fake: torch.Tensor) -> torch.Tensor:
    """Compute what the decoder minimises against the discriminator: minus the mean logit of its pictures."""
    return -fake.mean()


def feature_matching_loss(real: list[torch.Tensor], fake: list[torch.Tensor]) -> torch.Tensor:
    """Compare the discriminator's inner features of pairs (Wang and others, 2018, arXiv 1711.11585).

    Args:
        real: Activations of the target pictures, as `PatchDiscriminator` gives them.
        fake: Activations of the decoded pictures.

    Returns:
        (B,) mean absolute difference, relative to the size of the real features, mean over layers.
    """
    losses = []
    for a, b in zip(real[:-1], fake[:-1], strict=True):
        a, b = a.detach().float(), b.float()
        losses.append((a - b).abs().mean((1, 2, 3)) / (a.abs().mean() + 1e-6))
    return torch.stack(losses).mean(0)


def flatness_loss(output: torch.Tensor, target: torch.Tensor, tolerance: float = 4 / 255) -> torch.Tensor:
    """Penalise differences of neighbouring pixels where the target has none.

    Args:
        output: (B, 3, H, W) in [-1, 1].
        target: (B, 3, H, W) in [-1, 1].
        tolerance: Largest range of a target's 5x5 neighbourhood that counts as flat.

    Returns:
        (B,) mean over flat pixels of the absolute differences to the right and downwards.
    """
    span = F.max_pool2d(target, 5, 1, 2) + F.max_pool2d(-target, 5, 1, 2)
    flat = (span.amax(1, keepdim=True) <= tolerance).float()
    across = (output.diff(dim=3).abs() * flat[..., 1:]).sum((1, 2, 3))
    down = (output.diff(dim=2).abs() * flat[..., 1:, :]).sum((1, 2, 3))
    return (across + down) / (3 * flat.sum((1, 2, 3)) + 1)


def adaptive_weight(
    reconstruction: torch.Tensor, adversarial: torch.Tensor, output: torch.Tensor, last_layer: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Combine two gradients so that both are equally strong at the decoder's last layer.

    The paper's lambda (its equation 7): the norm of the reconstruction loss's gradient with respect to the weights
    of the last layer, divided by that of the adversarial loss. The losses are differentiated once, as far as the
    picture; the rest is one convolution, so this costs no second pass through the discriminator.

    Args:
        reconstruction: Gradient of the reconstruction losses with respect to `output`, of its shape.
        adversarial: Gradient of the adversarial loss with respect to `output`, of its shape.
        output: The decoded pictures, still connected to their graph.
        last_layer: Weights of the decoder's last convolution.

    Returns:
        The weight of the adversarial gradient, a scalar in [0, 1e4]; and the norm of the reconstruction gradient.
    """
    norms = [
        torch.autograd.grad(output, last_layer, gradient, retain_graph=True)[0].norm()
        for gradient in (reconstruction, adversarial)
    ]
    return (norms[0] / (norms[1] + 1e-4)).clamp(0, MAXIMUM_WEIGHT), norms[0]


def clamped(output: torch.Tensor) -> torch.Tensor:
    """Clamp to [-1, 1] as a picture is when it is shown; only gradients that lead back inside pass outside of it."""
    return clamp_with_gradient(output, -1.0, 1.0)
