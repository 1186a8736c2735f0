// franz-go, with hamba/avro.   usage: consumer-go BOOTSTRAP REGISTRY PREFIX OUT
package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"log"
	"math/big"
	"os"
	"strings"
	"time"

	"github.com/hamba/avro/v2"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
)

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

var (
	ctx, _   = context.WithTimeout(context.Background(), time.Minute)
	registry *sr.Client
	schemas  = map[int]avro.Schema{}
)

func decode(wire []byte, into any) avro.Schema {
	var header sr.ConfluentHeader
	id, data, err := header.DecodeID(wire)
	must(id, err)
	if schemas[id] == nil {
		schemas[id] = must(avro.Parse(must(registry.SchemaByID(ctx, id)).Schema))
	}
	must(id, avro.Unmarshal(schemas[id], data, into))
	return schemas[id]
}

// A decimal comes as a fraction, and the scale to print it with is in its schema.
func scaleOf(s avro.Schema) int {
	if u, ok := s.(*avro.UnionSchema); ok {
		s = u.Types()[len(u.Types())-1]
	}
	if p, ok := s.(*avro.PrimitiveSchema); ok {
		if d, ok := p.Logical().(*avro.DecimalLogicalSchema); ok {
			return d.Scale()
		}
	}
	return 0
}

func row(envelope avro.Schema, after map[string]any) map[string]any {
	for _, f := range envelope.(*avro.RecordSchema).Fields() {
		if f.Name() != "before" { // where the record is written out: after refers to it by name
			continue
		}
		for _, column := range f.Type().(*avro.UnionSchema).Types()[1].(*avro.RecordSchema).Fields() {
			switch v := after[column.Name()].(type) {
			case *big.Rat:
				after[column.Name()] = v.FloatString(scaleOf(column.Type()))
			case []byte:
				after[column.Name()] = hex.EncodeToString(v)
			}
		}
	}
	return after
}

func main() {
	bootstrap, prefix, out := os.Args[1], os.Args[3], os.Args[4]
	registry = must(sr.NewClient(sr.URLs(os.Args[2])))
	client := must(kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.KeepControlRecords())) // commit markers come too: they may be the end
	defer client.Close()
	admin := kadm.NewClient(client)
	tables, waiting := map[string]map[string]map[string]any{}, map[string]map[int32]int64{}
	for _, t := range must(admin.ListTopics(ctx)).Names() {
		if strings.HasPrefix(t, prefix+".public.") {
			tables[t], waiting[t] = map[string]map[string]any{}, map[int32]int64{}
		}
	}
	partitions := 0
	for t := range tables {
		start, end := must(admin.ListStartOffsets(ctx, t)), must(admin.ListCommittedOffsets(ctx, t))
		end.Each(func(o kadm.ListedOffset) {
			if first, _ := start.Lookup(t, o.Partition); must(first, o.Err).Offset < o.Offset {
				waiting[t][o.Partition] = o.Offset
				partitions++
			}
		})
		client.AddConsumeTopics(t)
	}
	for partitions > 0 {
		fetches := client.PollFetches(ctx)
		must(0, fetches.Err())
		fetches.EachRecord(func(r *kgo.Record) {
			if end := waiting[r.Topic][r.Partition]; r.Offset+1 == end {
				partitions--
			} else if r.Offset >= end {
				return
			}
			if r.Attrs.IsControl() {
				return
			}
			var key map[string]any
			var value struct {
				Op    string          `avro:"op"`
				After *map[string]any `avro:"after"`
			}
			decode(r.Key, &key)
			k := string(must(json.Marshal(key)))
			if r.Value == nil {
				delete(tables[r.Topic], k)
			} else if schema := decode(r.Value, &value); value.Op == "d" {
				delete(tables[r.Topic], k)
			} else {
				tables[r.Topic][k] = row(schema, *value.After)
			}
		})
	}
	for t, rows := range tables {
		file := must(os.Create(out + "/" + t[strings.LastIndex(t, ".")+1:] + ".jsonl"))
		for _, r := range rows {
			must(file.Write(append(must(json.Marshal(r)), '\n')))
		}
		must(0, file.Close())
	}
}
