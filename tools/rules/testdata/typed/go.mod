module typed

go 1.26
