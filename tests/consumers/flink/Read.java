// Flink SQL in a local mini-cluster.   usage: java Read.java BOOTSTRAP REGISTRY PREFIX OUT
// orders and order_items: debezium-avro-confluent, which wants the old row of every change (REPLICA IDENTITY FULL).
// customers, with the default identity: the envelope as plain avro-confluent, the last record of each key.

import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.CloseableIterator;

public class Read {
    static String bootstrap, registry, prefix;

    static String kafka(String table, String format) {
        return " WITH ('connector' = 'kafka', 'topic' = '" + prefix + ".public." + table + "', 'properties.bootstrap.servers' = '" + bootstrap
            + "', 'properties.isolation.level' = 'read_committed', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', "
            + format + ")";
    }

    static String json(Object v) {
        if (v == null || v instanceof Number && !(v instanceof BigDecimal) || v instanceof Boolean)
            return String.valueOf(v);
        String s = v instanceof byte[] b ? HexFormat.of().formatHex(b) : v instanceof java.time.LocalDate d ? null : v.toString();
        if (s == null)
            return String.valueOf(((java.time.LocalDate) v).toEpochDay());
        StringBuilder out = new StringBuilder("\"");
        for (char c : s.toCharArray())
            out.append(c < 0x20 || c == '"' || c == '\\' ? String.format("\\u%04x", (int) c) : String.valueOf(c));
        return out.append('"').toString();
    }

    // A changelog, folded: what was added and not taken back.
    static void fold(TableEnvironment flink, String sql, String names, Path file) throws Exception {
        Map<String, Integer> rows = new LinkedHashMap<>();
        String[] name = names.split(", ");
        try (CloseableIterator<Row> changes = flink.executeSql(sql).collect()) {
            while (changes.hasNext()) {
                Row row = changes.next();
                StringBuilder line = new StringBuilder();
                for (int i = 0; i < name.length; i++)
                    line.append(i == 0 ? "{" : ", ").append(json(name[i])).append(": ").append(json(row.getField(i)));
                boolean added = row.getKind() == RowKind.INSERT || row.getKind() == RowKind.UPDATE_AFTER;
                rows.merge(line.append("}").toString(), added ? 1 : -1, Integer::sum);
            }
        }
        try (PrintWriter out = new PrintWriter(file.toFile(), StandardCharsets.UTF_8)) {
            rows.forEach((line, n) -> {
                for (int i = 0; i < n; i++)
                    out.println(line);
            });
        }
    }

    public static void main(String[] args) throws Exception {
        bootstrap = args[0];
        registry = args[1];
        prefix = args[2];
        TableEnvironment flink = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
        flink.getConfig().set("parallelism.default", "1");
        String changes = "'format' = 'debezium-avro-confluent', 'debezium-avro-confluent.url' = '" + registry + "'";
        flink.executeSql("CREATE TABLE orders (id BIGINT, customer INT, state STRING, total DECIMAL(10, 2), placed STRING, note STRING,"
            + " receipt BYTES)" + kafka("orders", changes));
        flink.executeSql("CREATE TABLE order_items (order_id BIGINT, line INT, token STRING, quantity INT, price DECIMAL(10, 2), shipped DATE,"
            + " extra STRING)" + kafka("order_items", changes));
        String row = "ROW<id INT, name STRING, country STRING, born DATE, joined STRING, newsletter BOOLEAN, token STRING, settings STRING, phone STRING>";
        flink.executeSql("CREATE TABLE customers (`before` " + row + ", `after` " + row + ", op STRING, place BIGINT METADATA FROM 'offset' VIRTUAL)"
            + kafka("customers", "'value.format' = 'avro-confluent', 'value.avro-confluent.url' = '" + registry + "'"));
        Path out = Path.of(args[3]);
        String orders = "id, customer, state, total, placed, note, receipt", items = "order_id, line, token, quantity, price, shipped, extra";
        fold(flink, "SELECT " + orders + " FROM orders", orders, out.resolve("orders.jsonl"));
        fold(flink, "SELECT " + items + " FROM order_items", items, out.resolve("order_items.jsonl"));
        String columns = "id, name, country, born, joined, newsletter, token, settings, phone";
        fold(flink, "SELECT " + columns.replaceAll("(\\w+)", "r.`after`.$1") + " FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY"
            + " COALESCE(`after`.id, `before`.id) ORDER BY place DESC) AS n FROM customers WHERE op IS NOT NULL) AS r WHERE n = 1 AND op <> 'd'",
            columns, out.resolve("customers.jsonl"));
    }
}
