"""What typologies and their honest lookalikes share: patterns of transactions."""
