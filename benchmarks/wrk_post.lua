wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"model":"null","messages":[{"role":"user","content":"hello"}],"stream":true,"max_tokens":1}'
