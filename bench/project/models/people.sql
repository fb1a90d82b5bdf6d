select person_id, email, plan, balance, seats from raw.people
