import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/**
 * HTTP in front of the real Flink, so that many scripts share one warm JVM.
 *
 * <p>{@code POST /run?mode=streaming|batch&timeout=SECONDS&parallelism=N} takes a SQL script and answers
 * {@code {"statements": [...]}}. Scripts run one after another, each in a new session. Prints {@code listening PORT}.
 */
public final class OracleServer {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final PrintedLines printed = new PrintedLines();

  public static void main(String[] args) throws Exception {
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 0;
    OracleServer oracle = new OracleServer();
    HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 16);
    http.createContext("/run", oracle::answer);
    http.start();
    new PrintStream(new FileOutputStream(FileDescriptor.out), true).println("listening " + http.getAddress().getPort());
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body;
      int status = 200;
      try {
        String script = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        body = JSON.writeValueAsBytes(Map.of("statements", run(script, query(exchange.getRequestURI().getRawQuery()))));
      } catch (Exception e) {
        status = 500;
        body = e.toString().getBytes(StandardCharsets.UTF_8);
      }
      exchange.getResponseHeaders().add("Content-Type", "application/json");
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private List<Object> run(String script, Map<String, String> query) throws Exception {
    long timeout = Long.parseLong(query.getOrDefault("timeout", "40"));
    boolean batch = "batch".equals(query.get("mode"));
    List<Object> outcomes = new ArrayList<>();
    try (SqlSession session = new SqlSession(SqlSession.localCluster(query.getOrDefault("parallelism", "1")), batch)) {
      for (String statement : SqlScript.statements(script)) {
        printed.take();
        Map<String, Object> outcome = session.run(statement, timeout);
        outcome.put("printed", printed.take());
        outcomes.add(outcome);
      }
    }
    return outcomes;
  }

  private static Map<String, String> query(String raw) {
    Map<String, String> query = new HashMap<>();
    for (String pair : raw == null ? new String[0] : raw.split("&")) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        query.put(pair.substring(0, equals), URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    return query;
  }
}
