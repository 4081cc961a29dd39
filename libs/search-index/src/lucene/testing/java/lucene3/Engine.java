import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.lucene.analysis.KeywordAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.index.CheckIndex;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LogDocMergePolicy;
import org.apache.lucene.index.Term;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.Version;

/** Lucene 3: the portal up to 6.2 writes its files. */
final class Engine {
  private final IndexWriter writer;

  Engine(String directory) throws Exception {
    LogDocMergePolicy policy = new LogDocMergePolicy();
    policy.setUseCompoundFile(directory.hashCode() % 2 == 0);
    policy.setNoCFSRatio(0.5);
    IndexWriterConfig config = new IndexWriterConfig(Version.LUCENE_36, new KeywordAnalyzer());
    config.setMaxBufferedDocs(40).setRAMBufferSizeMB(IndexWriterConfig.DISABLE_AUTO_FLUSH).setMergePolicy(policy);
    writer = new IndexWriter(FSDirectory.open(new File(directory)), config);
  }

  void update(String id, String text) throws Exception {
    Document document = new Document();
    document.add(new Field("id", id, Field.Store.YES, Field.Index.NOT_ANALYZED));
    document.add(new Field("text", text, Field.Store.NO, Field.Index.ANALYZED, Field.TermVector.YES));
    writer.updateDocument(new Term("id", id), document);
  }

  void delete(String id) throws Exception {
    writer.deleteDocuments(new Term("id", id));
  }

  void merge() throws Exception {
    writer.forceMerge(1);
  }

  void commit(Map<String, String> data) throws Exception {
    writer.commit(data);
  }

  void rollback() throws Exception {
    writer.rollback();
  }

  static boolean isClean(String directory) throws Exception {
    try (Directory opened = FSDirectory.open(new File(directory))) {
      return new CheckIndex(opened).checkIndex().clean;
    }
  }

  static Map<String, String> userData(String directory) throws Exception {
    try (IndexReader reader = IndexReader.open(FSDirectory.open(new File(directory)))) {
      return reader.getIndexCommit().getUserData();
    }
  }

  static List<String> liveIds(String directory) throws Exception {
    List<String> ids = new ArrayList<>();
    try (IndexReader reader = IndexReader.open(FSDirectory.open(new File(directory)))) {
      for (int number = 0; number < reader.maxDoc(); number++)
        if (!reader.isDeleted(number)) ids.add(reader.document(number).get("id"));
    }
    return ids;
  }
}
