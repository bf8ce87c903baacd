"""Evidence: canonical bytes, Merkle roots, the chain, signed statements, and scores recounted from kept predictions."""
