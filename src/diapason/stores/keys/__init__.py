"""Ed25519 keys in a folder: one private and one public file per holder."""

from diapason.stores.keys.folder import Ed25519Key, FolderKeys

__all__ = ["Ed25519Key", "FolderKeys"]
