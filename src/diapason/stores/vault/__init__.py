"""The vault in a folder: blobs under their sha256, and small names for them."""

from diapason.stores.vault.folder import FolderVault

__all__ = ["FolderVault"]
