-- wrk: the form that the WRITE and TASK routes of bench_shop take.
wrk.method = "POST"
wrk.body = "name=Ada+Lovelace"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
