"""Forms of the valuation room: what somebody asks the worth of, and an operator's tables and models."""
