import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** Collects what print sinks write: the mini cluster's tasks share this process, so they write to {@link System#out}. */
final class PrintedLines {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  PrintedLines() {
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
  }

  /** The lines written since the last call. */
  List<String> take() {
    synchronized (bytes) {
      String text = bytes.toString(StandardCharsets.UTF_8);
      bytes.reset();
      return text.lines().collect(Collectors.toList());
    }
  }
}
