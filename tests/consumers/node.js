// kafkajs, with @kafkajs/confluent-schema-registry.   usage: node node.js BOOTSTRAP REGISTRY PREFIX OUT
const fs = require('fs')
const avro = require('avsc')
const { Kafka, logLevel } = require('kafkajs')
const { SchemaRegistry, SchemaType } = require('@kafkajs/confluent-schema-registry')

const [bootstrap, host, prefix, out] = process.argv.slice(2)

// avsc leaves it to its user what an Avro long and a decimal are in JavaScript; these are the recipes of its documentation.
const long = avro.types.LongType.__with({
  fromBuffer: b => b.readBigInt64LE(), toBuffer: n => { const b = Buffer.alloc(8); b.writeBigInt64LE(n); return b },
  fromJSON: BigInt, toJSON: Number, isValid: n => typeof n === 'bigint', compare: (a, b) => (a < b ? -1 : Number(a > b)),
})
class Decimal extends avro.types.LogicalType {
  constructor(schema, opts) { super(schema, opts); this.scale = schema.scale }
  _fromValue(b) {
    const n = b.length ? BigInt.asIntN(8 * b.length, BigInt('0x' + b.toString('hex'))) : 0n
    const digits = String(n < 0n ? -n : n).padStart(this.scale + 1, '0'), point = digits.length - this.scale
    return (n < 0n ? '-' : '') + digits.slice(0, point) + (this.scale ? '.' + digits.slice(point) : '')
  }
  _toValue(v) { return Buffer.isBuffer(v) ? v : undefined }
}
const options = { logicalTypes: { decimal: Decimal }, typeHook: schema => (schema === 'long' || schema.type === 'long' ? long : undefined) }

async function main() {
  const registry = new SchemaRegistry({ host }, { [SchemaType.AVRO]: options })
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.ERROR })
  const admin = kafka.admin(), consumer = kafka.consumer({ groupId: prefix + '.node', maxBytesPerPartition: 16 << 20 })
  await admin.connect(), await consumer.connect()
  const topics = (await admin.listTopics()).filter(t => t.startsWith(prefix + '.public.'))
  const waiting = new Map(), tables = {}   // partition: the offset of its last record, which the transaction's marker follows
  for (const topic of topics) {
    tables[topic] = new Map()
    for (const p of await admin.fetchTopicOffsets(topic)) if (p.high !== p.low) waiting.set(topic + p.partition, BigInt(p.high) - 2n)
  }
  await consumer.subscribe({ topics, fromBeginning: true })
  await new Promise((resolve, reject) => consumer.run({
    eachBatch: async ({ batch }) => {
      try {
        for (const m of batch.messages) {
          const key = JSON.stringify(await registry.decode(m.key), (_, v) => (typeof v === 'bigint' ? String(v) : v))
          const value = m.value && await registry.decode(m.value)
          if (!value || value.op === 'd') tables[batch.topic].delete(key)
          else tables[batch.topic].set(key, value.after)
        }
      } catch (e) { reject(e) }
      if (BigInt(batch.lastOffset()) >= waiting.get(batch.topic + batch.partition)) waiting.delete(batch.topic + batch.partition)
      if (!waiting.size) resolve()
    },
  }).catch(reject))
  const plain = v => (typeof v === 'bigint' ? String(v) : Buffer.isBuffer(v) ? v.toString('hex') : v)
  for (const [topic, rows] of Object.entries(tables)) {
    const line = row => JSON.stringify(Object.fromEntries(Object.entries(row).map(([k, v]) => [k, plain(v)]))) + '\n'
    fs.writeFileSync(`${out}/${topic.split('.').pop()}.jsonl`, [...rows.values()].map(line).join(''))
  }
  await consumer.disconnect(), await admin.disconnect()
}
main().catch(e => { console.error(e); process.exit(1) })
