"""From files of many forms to a corpus of documents, and from these to windows."""
