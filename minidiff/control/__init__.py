"""Control: what a model is told beside its labels, such as the noisy sound to clean."""
