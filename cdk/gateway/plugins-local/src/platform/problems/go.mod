module platform/problems

go 1.24
