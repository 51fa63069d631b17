"""What makes few steps enough: nets that jump from any time straight to the end.

Each file holds one way of learning to jump. A learner is a denoiser with another
`.loss`, so that `fit` trains it and the samplers ask it.
"""
