"""How the models of triage are learnt: the messages, the noise that is added to them, the features, and the fitting."""
