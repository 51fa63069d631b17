"""A Gaussian whose values are independent: its denoiser, of any size, in one line."""


class Normal:
    """E[x0 | x_t] for values of mean m and variance v."""

    def __init__(self, m, v, schedule):
        self.m, self.v, self.schedule = m, v, schedule

    def __call__(self, x, t, cond=None):
        a, s = (level.to(x).reshape(-1, *[1] * (x.dim() - 1))
                for level in self.schedule(t))  # fmt: skip
        return self.m + a * self.v / (a**2 * self.v + s**2) * (x - a * self.m)
