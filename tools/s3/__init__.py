"""S3 for tests and trials: a real S3 server on this machine, and a proxy that makes the network before it fail.

    python -m tools.s3.embedded_s3 --dir runs/s3 -- factory run pipelines/label_steps.yaml run.dir=s3://factory/demo

Read first: `embedded_s3.py`.
"""
