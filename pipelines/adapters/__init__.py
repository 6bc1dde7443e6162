"""What changes a model only while it is on: LoRAs, embeddings, ControlNets.  Its own weights are never touched."""
