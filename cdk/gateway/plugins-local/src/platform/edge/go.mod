module platform/edge

go 1.24
