"""A second reader of a Lifeboat vault, written from libs/vault-format/FORMAT.md alone; § names its sections."""
