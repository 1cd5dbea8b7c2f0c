"""Where PyTorch's tensors lie. Everything is drawn on the CPU first: there, the same seed gives the numbers of this library."""
import os

DEVICE = "cuda" if os.environ.get("GRADBOOK_TORCH_DEVICE") == "cuda" else "cpu"
