/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.examples.sessions;

import com.hopper.hts.events.session.HopperSessionContext;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

@Service
class RememberedSessions {

	private final JdbcClient database;

	RememberedSessions(JdbcClient database) {
		this.database = database;
	}

	@Transactional
	public void reserve(String reference) {
		this.database.sql("insert into booking (reference, hopper_session) values (?, ?)")
			.params(reference, HopperSessionContext.current().sessionId())
			.update();
	}

	@Transactional
	public void paid(String reference, Runnable confirm) {
		String sessionId = this.database.sql("select hopper_session from booking where reference = ?")
			.param(reference)
			.query(String.class)
			.single();
		HopperSessionContext.of(sessionId).run(confirm);
	}

}
