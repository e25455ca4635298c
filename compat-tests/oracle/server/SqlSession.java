import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.ResultKind;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.internal.TableResultInternal;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.utils.print.RowDataToStringConverter;
import org.apache.flink.util.CloseableIterator;

/** One TableEnvironment and the thread it lives in: Flink's planner wants every call from the thread that made it. */
final class SqlSession implements AutoCloseable {
  private static final Pattern SET = Pattern.compile("(?is)SET\\s+'([^']+)'\\s*=\\s*'([^']*)'");
  private static final int MAX_MESSAGE = 1500;
  private static final int MAX_CAUSES = 12;

  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private final TableEnvironment tables;

  SqlSession(Configuration configuration, boolean batch) throws Exception {
    EnvironmentSettings.Builder settings = EnvironmentSettings.newInstance().withConfiguration(configuration);
    EnvironmentSettings built = (batch ? settings.inBatchMode() : settings.inStreamingMode()).build();
    tables = thread.submit(() -> TableEnvironment.create(built)).get();
    tables.getConfig().set("table.local-time-zone", "UTC");
  }

  /** A mini cluster inside this process, started anew for each job. */
  static Configuration localCluster(String parallelism) {
    Configuration c = new Configuration();
    c.setString("execution.target", "local");
    c.setString("rest.port", "0");
    c.setString("rest.bind-port", "0");
    c.setString("rest.bind-address", "localhost");
    c.setString("taskmanager.numberOfTaskSlots", "4");
    c.setString("taskmanager.memory.managed.size", "64m");
    c.setString("taskmanager.memory.network.min", "32m");
    c.setString("taskmanager.memory.network.max", "32m");
    c.setString("parallelism.default", parallelism);
    c.setString("table.exec.resource.default-parallelism", parallelism);
    return c;
  }

  /** Runs one statement and describes the outcome; the keys are those of a case's JSON. */
  Map<String, Object> run(String sql, long timeoutSeconds) {
    Map<String, Object> outcome = new LinkedHashMap<>();
    outcome.put("sql", sql);
    List<Object> changelog = Collections.synchronizedList(new ArrayList<>());
    TableResultInternal[] started = new TableResultInternal[1];
    Future<?> done = thread.submit(() -> {
      execute(sql, outcome, changelog, started);
      return null;
    });
    try {
      done.get(timeoutSeconds, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      outcome.put("timeout", true);
      if (started[0] != null) {
        started[0].getJobClient().ifPresent(job -> job.cancel());
      }
    } catch (ExecutionException e) {
      outcome.keySet().retainAll(List.of("sql")); // a query that fails while running has no kind and schema either
      outcome.put("error", causes(e.getCause()));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    synchronized (changelog) {
      outcome.put("changelog", new ArrayList<>(changelog));
    }
    return outcome;
  }

  private void execute(String sql, Map<String, Object> outcome, List<Object> changelog, TableResultInternal[] started)
      throws Exception {
    Matcher set = SET.matcher(sql);
    if (set.matches()) { // SET belongs to the SQL client, the TableEnvironment does not know it
      tables.getConfig().set(set.group(1), set.group(2));
      outcome.put("kind", "SUCCESS");
      return;
    }
    TableResultInternal result = (TableResultInternal) tables.executeSql(sql);
    started[0] = result;
    outcome.put("kind", result.getResultKind().toString());
    List<Object> schema = new ArrayList<>();
    for (Column column : result.getResolvedSchema().getColumns()) {
      schema.add(Arrays.asList(column.getName(), column.getDataType().getLogicalType().toString()));
    }
    outcome.put("schema", schema);
    if (writesToSink(sql, result)) {
      result.await();
    } else {
      collect(result, changelog);
    }
  }

  private static boolean writesToSink(String sql, TableResultInternal result) {
    return result.getJobClient().isPresent()
        && result.getResultKind() == ResultKind.SUCCESS_WITH_CONTENT
        && sql.matches("(?is)(INSERT|EXECUTE|UPDATE|DELETE|CREATE|REPLACE).*");
  }

  private static void collect(TableResultInternal result, List<Object> changelog) throws Exception {
    RowDataToStringConverter toText = result.getRowDataToStringConverter();
    try (CloseableIterator<RowData> rows = result.collectInternal()) {
      while (rows.hasNext()) {
        RowData row = rows.next();
        String[] cells = toText.convert(row);
        for (int i = 0; i < cells.length; i++) {
          cells[i] = row.isNullAt(i) ? null : cells[i];
        }
        changelog.add(Arrays.asList(row.getRowKind().shortString(), Arrays.asList(cells)));
      }
    }
  }

  private static List<Object> causes(Throwable outermost) {
    List<Object> causes = new ArrayList<>();
    for (Throwable t = outermost; t != null && causes.size() < MAX_CAUSES; t = t.getCause()) {
      String message = t.getMessage();
      if (message != null && message.length() > MAX_MESSAGE) {
        message = message.substring(0, MAX_MESSAGE) + "…";
      }
      Map<String, Object> cause = new LinkedHashMap<>();
      cause.put("class", t.getClass().getName());
      cause.put("message", message);
      causes.add(cause);
    }
    return causes;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
