import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.CheckIndex;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.MultiBits;
import org.apache.lucene.index.Term;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.Bits;

/** Lucene 8 to 9. */
final class Engine {
  private final IndexWriter writer;
  private long updates;

  Engine(String directory) throws Exception {
    IndexWriterConfig config = new IndexWriterConfig(new StandardAnalyzer()).setMaxBufferedDocs(40);
    config.setRAMBufferSizeMB(IndexWriterConfig.DISABLE_AUTO_FLUSH);
    config.setUseCompoundFile(directory.hashCode() % 2 == 0);
    writer = new IndexWriter(FSDirectory.open(Paths.get(directory)), config);
  }

  void update(String id, String text) throws Exception {
    Document document = new Document();
    document.add(new StringField("id", id, Field.Store.YES));
    document.add(new TextField("text", text, Field.Store.NO));
    document.add(new NumericDocValuesField("rank", 0));
    writer.updateDocument(new Term("id", id), document);
    // Changes of a single field have files of their own.
    if (updates++ % 20 == 0) writer.updateNumericDocValue(new Term("id", id), "rank", updates);
  }

  void delete(String id) throws Exception {
    writer.deleteDocuments(new Term("id", id));
  }

  void merge() throws Exception {
    writer.forceMerge(1);
  }

  void commit(Map<String, String> data) throws Exception {
    writer.setLiveCommitData(data.entrySet());
    writer.commit();
  }

  void rollback() throws Exception {
    writer.rollback();
  }

  static boolean isClean(String directory) throws Exception {
    try (Directory opened = FSDirectory.open(Paths.get(directory)); CheckIndex check = new CheckIndex(opened)) {
      return check.checkIndex().clean;
    }
  }

  static Map<String, String> userData(String directory) throws Exception {
    try (DirectoryReader reader = DirectoryReader.open(FSDirectory.open(Paths.get(directory)))) {
      return reader.getIndexCommit().getUserData();
    }
  }

  static List<String> liveIds(String directory) throws Exception {
    List<String> ids = new ArrayList<>();
    try (DirectoryReader reader = DirectoryReader.open(FSDirectory.open(Paths.get(directory)))) {
      Bits live = MultiBits.getLiveDocs(reader);
      for (int number = 0; number < reader.maxDoc(); number++)
        if (live == null || live.get(number)) ids.add(reader.document(number).get("id"));
    }
    return ids;
  }
}
