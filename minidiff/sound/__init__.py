"""Front ends, from sound to x and back: waveforms, mels, latents; and vocoders."""
