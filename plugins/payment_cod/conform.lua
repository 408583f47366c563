-- For souk-host: cash is collected at the door, so there is nobody to be asked.
refused_currency = "USD"
delivery_method = "courier:standard"
