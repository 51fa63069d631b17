"""Control: what else can be asked of a model than a class."""
