"""The peer: boto3 with 64 threads, one client, as many connections. argv: bucket, prefix, objects, repeats."""
import hashlib, json, resource, sys, time
from concurrent.futures import ThreadPoolExecutor
import boto3
from botocore.config import Config

bucket, prefix, objects, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
client = boto3.client("s3", config=Config(max_pool_connections=64, s3={"addressing_style": "path"}))
names = [f"{prefix}/{n:05d}" for n in range(objects)]


def read(name):
    return client.get_object(Bucket=bucket, Key=name)["Body"].read()


with ThreadPoolExecutor(64) as pool:
    list(pool.map(read, names[:500]))
    for _ in range(repeats):
        sys.stdin.readline()
        digest, before, started = hashlib.sha256(), resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        for body in pool.map(read, names):
            digest.update(body)
        seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(json.dumps({"seconds": seconds, "cpuSeconds": cpu, "sha256": digest.hexdigest()}), flush=True)
