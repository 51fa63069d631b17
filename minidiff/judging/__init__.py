"""Ears that judge sounds, and what they say of crowds, copies and waveforms."""
