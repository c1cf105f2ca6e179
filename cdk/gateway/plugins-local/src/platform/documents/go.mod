module platform/documents

go 1.24
