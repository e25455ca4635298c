package com.github.nexmark.flink.udf;

import java.nio.charset.StandardCharsets;
import org.apache.flink.table.functions.ScalarFunction;

/** The function of Nexmark's query 14, under the name by which the query creates it: how often a character (one byte) is in a text. */
public final class CountChar extends ScalarFunction {
  public long eval(String text, String character) {
    if (text == null) {
      return 0;
    }
    byte wanted = character.getBytes(StandardCharsets.UTF_8)[0];
    long count = 0;
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      count += b == wanted ? 1 : 0;
    }
    return count;
  }
}
