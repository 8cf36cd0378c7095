"""Daft's download of numbered objects, native runner, 64 connections. Arguments: bucket, prefix, number of objects,
bytes of each."""

import json
import os
import sys
import time

import daft
from daft.io import IOConfig, S3Config

BUCKET, PREFIX, COUNT, BYTES = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])

if __name__ == "__main__":
    daft.set_runner_native()
    started = time.perf_counter()
    config = IOConfig(
        s3=S3Config(
            endpoint_url=os.environ["AWS_ENDPOINT_URL"],
            region_name=os.environ["AWS_REGION"],
            key_id=os.environ["AWS_ACCESS_KEY_ID"],
            access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
            use_ssl=False,
            max_connections=64,
        )
    )
    names = daft.from_pydict({"url": [f"s3://{BUCKET}/{PREFIX}/{index:06d}" for index in range(COUNT)]})
    read = daft.col("url").download(max_connections=64, io_config=config)
    found = names.select(read.length().alias("bytes")).sum("bytes").to_pydict()
    if found["bytes"] != [COUNT * BYTES]:
        sys.exit(f"received {found['bytes']} bytes")
    print(json.dumps({"items": COUNT, "workSeconds": time.perf_counter() - started}))
