"""Datasets: snapshots of a source's rows, kept as Parquet files in the data folder."""
