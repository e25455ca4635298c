import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Splits a SQL script into statements at ';' outside quotes and comments; a statement set stays one statement. */
final class SqlScript {
  private final String text;
  private int at;

  private SqlScript(String text) {
    this.text = text;
  }

  static List<String> statements(String text) {
    return new SqlScript(text).split();
  }

  private List<String> split() {
    List<String> statements = new ArrayList<>();
    StringBuilder current = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at);
      if (text.startsWith("--", at)) {
        skipTo("\n");
      } else if (text.startsWith("/*", at) && !text.startsWith("/*+", at)) {
        skipTo("*/");
        at = Math.min(text.length(), at + 2);
      } else if (c == '\'' || c == '`' || c == '"') {
        copyQuoted(current, c);
      } else if (c == ';' && !insideStatementSet(current.toString())) {
        add(statements, current);
        at++;
      } else {
        current.append(c);
        at++;
      }
    }
    add(statements, current);
    return statements;
  }

  private void skipTo(String end) {
    int found = text.indexOf(end, at);
    at = found < 0 ? text.length() : found;
  }

  private void copyQuoted(StringBuilder out, char quote) {
    int end = text.indexOf(quote, at + 1);
    int stop = end < 0 ? text.length() : end + 1;
    out.append(text, at, stop);
    at = stop;
  }

  private static boolean insideStatementSet(String statement) {
    String upper = statement.trim().toUpperCase(Locale.ROOT);
    return upper.matches("(?s)EXECUTE\\s+STATEMENT\\s+SET.*") && !upper.endsWith("END");
  }

  private static void add(List<String> statements, StringBuilder current) {
    String statement = current.toString().trim();
    if (!statement.isEmpty()) {
      statements.add(statement);
    }
    current.setLength(0);
  }
}
