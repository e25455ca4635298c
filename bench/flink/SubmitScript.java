import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;

/**
 * Runs a SQL script on a Flink cluster and waits for its jobs: {@code SubmitScript HOST:PORT FILE}. The configuration is that of FLINK_CONF_DIR: checkpoints and
 * parallelism are settings of a job, which Flink takes from its client.
 */
public final class SubmitScript {
  private static final long TIMEOUT_S = 3600;

  public static void main(String[] args) throws Exception {
    String[] address = args[0].split(":");
    Configuration cluster = GlobalConfiguration.loadConfiguration();
    cluster.setString("execution.target", "remote");
    cluster.setString("rest.address", address[0]);
    cluster.setString("rest.port", address[1]);
    int code = 0;
    try (SqlSession session = new SqlSession(cluster, false)) {
      for (String statement : SqlScript.statements(Files.readString(Path.of(args[1])))) {
        Map<String, Object> outcome = session.run(statement, TIMEOUT_S);
        if (!outcome.containsKey("kind")) {
          System.err.println(statement + "\n" + outcome.get("error"));
          code = 1;
          break;
        }
      }
    }
    System.exit(code);
  }
}
