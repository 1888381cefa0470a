"""Forecasts as of past dates against what happened. Pure."""
