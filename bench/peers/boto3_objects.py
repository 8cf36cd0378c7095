"""boto3 reading numbered objects. `documented`: one client and 64 threads; `expert`: two processes of 32 threads, since
one interpreter runs one thread at a time. Arguments: mode, bucket, prefix, number of objects, bytes of each."""

import json
import multiprocessing
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

MODE, BUCKET, PREFIX, COUNT, BYTES = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])


def read_share(share):
    start, step, threads = share
    client = boto3.client("s3", config=Config(max_pool_connections=threads, s3={"addressing_style": "path"}))

    def read(index):
        return len(client.get_object(Bucket=BUCKET, Key=f"{PREFIX}/{index:06d}")["Body"].read())

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(read, range(start, COUNT, step)))


if __name__ == "__main__":
    started = time.perf_counter()
    if MODE == "documented":
        received = read_share((0, 1, 64))
    else:
        with multiprocessing.get_context("fork").Pool(2) as pool:
            received = sum(pool.map(read_share, [(0, 2, 32), (1, 2, 32)]))
    if received != COUNT * BYTES:
        sys.exit(f"received {received} bytes")
    print(json.dumps({"items": COUNT, "workSeconds": time.perf_counter() - started}))
