"""``python write_torch.py FOLDER``, by a Python with PyTorch: networks by torch.export."""

import sys
from pathlib import Path

import torch
from torch import nn


class Net(nn.Module):
    """Convolutions (strided, depthwise), batch normalization, a skip, pooling, a dense layer."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.depth = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.last = nn.Conv2d(8, 12, 3, stride=2, padding=1)
        self.dense = nn.Linear(12 * 2 * 2, 10)

    def forward(self, x):
        x = torch.relu(self.norm(self.first(x)))
        x = torch.relu(x + self.depth(x))
        x = nn.functional.max_pool2d(torch.relu(self.last(x)), 2)
        return self.dense(x.flatten(1))


class Strange(nn.Module):
    def forward(self, x):
        return torch.fft.fft(x.flatten(1)[:, :10]).real


class Two(nn.Module):
    def forward(self, x, y):
        return (x + y).flatten(1)[:, :10]


def save(module, path, count=1, *, free=False):
    examples = tuple(torch.rand(2 if free else 1, 3, 8, 8) for _ in range(count))
    shapes = ({0: torch.export.Dim("batch", min=1, max=64)},) if free else None
    program = torch.export.export(module.eval(), examples, dynamic_shapes=shapes)
    torch.export.save(program, path)


def main(folder):
    torch.manual_seed(0)
    net = Net()
    net.norm.running_mean.uniform_(-0.5, 0.5)
    net.norm.running_var.uniform_(0.5, 2.0)
    save(net, folder / "fixed.pt2")
    save(net, folder / "free.pt2", free=True)
    save(Strange(), folder / "strange.pt2")
    save(Two(), folder / "two.pt2", 2)
    whole = (folder / "fixed.pt2").read_bytes()
    (folder / "damaged.pt2").write_bytes(whole[: len(whole) // 2])


main(Path(sys.argv[1]))
