import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A writer that indexes, deletes, merges and commits as fast as it can, and a reader that tells whether a copy of
 * its index is one of its commits, exactly. What differs between Lucene's releases is in Engine.java.
 */
public final class Churn {
  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("write")) write(arguments[1], Long.parseLong(arguments[2]));
    else for (int index = 1; index < arguments.length; index++) check(arguments[index]);
  }

  /** Until its standard input ends. Each commit says in its user data which documents it holds. */
  private static void write(String directory, long seed) throws Exception {
    Random random = new Random(seed);
    TreeSet<String> live = new TreeSet<>();
    Engine engine = new Engine(directory);
    AtomicBoolean ended = new AtomicBoolean();
    Thread reader = new Thread(() -> ended.set(readToEnd()));
    reader.setDaemon(true);
    reader.start();
    for (int commit = 1; !ended.get(); commit++) {
      for (int change = 0; change < 150; change++) {
        String id = "d" + random.nextInt(3000);
        if (random.nextInt(4) == 0) {
          engine.delete(id);
          live.remove(id);
        } else {
          engine.update(id, "word" + random.nextInt(500) + " of document " + id);
          live.add(id);
        }
      }
      if (commit % 7 == 0) engine.merge();
      engine.commit(Map.of("commit", String.valueOf(commit), "live", digest(live)));
      if (commit == 3) System.out.println("READY");
    }
    // Changes that are not committed when the writer ends.
    engine.update("uncommitted", "word");
    engine.rollback();
  }


  private static boolean readToEnd() {
    try {
      while (System.in.read() != -1) ;
    } catch (java.io.IOException error) {
      // Whoever wrote there is gone.
    }
    return true;
  }

  private static void check(String directory) throws Exception {
    Map<String, String> said = Engine.userData(directory);
    TreeSet<String> live = new TreeSet<>(Engine.liveIds(directory));
    System.out.printf(
        "{\"clean\":%s,\"commit\":%s,\"live\":%d,\"exact\":%s}%n",
        Engine.isClean(directory), said.get("commit"), live.size(), digest(live).equals(said.get("live")));
  }

  private static String digest(TreeSet<String> ids) {
    List<String> all = new ArrayList<>(ids);
    return all.size() + ":" + all.hashCode();
  }
}
