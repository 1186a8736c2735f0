"""Spark SQL, reading each topic as one batch with from_avro.   usage: spark.py JARS BOOTSTRAP
REGISTRY PREFIX OUT"""

import glob, json, sys, urllib.request
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.avro.functions import from_avro

jars, bootstrap, registry, prefix, out = sys.argv[1:]
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.jars", ",".join(glob.glob(jars + "/*.jar")))
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "2")
    .config("spark.driver.host", "127.0.0.1")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")


def get(path):
    with urllib.request.urlopen(registry + path) as r:
        return json.load(r)


for table in ("customers", "orders", "order_items"):
    topic = f"{prefix}.public.{table}"
    records = (
        spark.read.format("kafka")
        .option("kafka.bootstrap.servers", bootstrap)
        .option("subscribe", topic)
        .option("startingOffsets", "earliest")
        .option("kafka.isolation.level", "read_committed")
        .load()
        .select(
            "key",
            "value",
            "partition",
            "offset",
            F.expr("conv(hex(substring(value, 2, 4)), 16, 10)").alias("id"),
        )
        .cache()
    )
    # The last record of a key; its writer's schema by the id in front of it, resolved to the newest
    # one.
    last = Window.partitionBy("key").orderBy(F.desc("offset"))
    records = records.withColumn("n", F.row_number().over(last)).where(
        "n = 1 AND value IS NOT NULL"
    )
    newest = get(f"/subjects/{topic}-value/versions/latest")["schema"]
    rows = []
    for (id,) in records.select("id").distinct().collect():
        body = F.expr("substring(value, 6)")
        decoded = from_avro(body, get(f"/schemas/ids/{id}")["schema"], {"avroSchema": newest})
        rows += (
            records.where(F.col("id") == id)
            .select(decoded.alias("v"))
            .where("v.op <> 'd'")
            .select("v.after.*")
            .collect()
        )
    with open(f"{out}/{table}.jsonl", "w") as file:
        for row in rows:
            print(
                json.dumps(
                    row.asDict(),
                    default=lambda v: v.hex() if isinstance(v, (bytes, bytearray)) else str(v),
                ),
                file=file,
            )
