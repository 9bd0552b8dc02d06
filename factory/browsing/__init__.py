"""Looking through records: what is indexed of them, filters, sorts, and what is said of one in plain words."""
