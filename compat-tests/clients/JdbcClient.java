import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;

/** Runs the statements of a file through Flink's JDBC driver and prints what comes of each: columns, rows, "done", or the error's last line that names a cause. */
public class JdbcClient {
    public static void main(String[] arguments) throws Exception {
        String[] statements = Files.readString(Path.of(arguments[1])).split(";\\s*\\n");
        try (Connection connection = DriverManager.getConnection("jdbc:flink://" + arguments[0])) {
            System.out.println("product: " + connection.getMetaData().getDatabaseProductName());
            for (String text : statements) {
                if (!text.isBlank()) {
                    run(connection, text.strip());
                }
            }
        }
        System.out.println("closed");
    }

    private static void run(Connection connection, String text) {
        System.out.println("> " + text.replace('\n', ' '));
        try (Statement statement = connection.createStatement()) {
            if (!statement.execute(text)) {
                System.out.println("done");
                return;
            }
            try (ResultSet rows = statement.getResultSet()) {
                print(rows);
            }
        } catch (SQLException | RuntimeException error) {
            System.out.println("error: " + cause(error));
        }
    }

    private static void print(ResultSet rows) throws SQLException {
        ResultSetMetaData columns = rows.getMetaData();
        StringBuilder head = new StringBuilder("columns:");
        for (int index = 1; index <= columns.getColumnCount(); index++) {
            head.append(' ').append(columns.getColumnName(index)).append(' ').append(columns.getColumnTypeName(index)).append(',');
        }
        System.out.println(head);
        while (rows.next()) {
            StringBuilder row = new StringBuilder("row:");
            for (int index = 1; index <= columns.getColumnCount(); index++) {
                row.append(' ').append(rows.getObject(index)).append(',');
            }
            System.out.println(row);
        }
        System.out.println("end");
    }

    /** The driver passes the gateway's whole answer on; its last cause is what went wrong. */
    private static String cause(Throwable error) {
        Throwable last = error;
        while (last.getCause() != null) {
            last = last.getCause();
        }
        String text = String.valueOf(last.getMessage());
        int begin = text.lastIndexOf("Caused by: ");
        return (begin < 0 ? text : text.substring(begin + 11)).lines().findFirst().orElse("");
    }
}
