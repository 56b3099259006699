"""The estimator beside the usual ways of estimating a price, on the same rows in the same run."""
