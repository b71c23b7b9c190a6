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
package com.hopper.hts.events.outbox.jdbc;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;

import javax.sql.DataSource;

import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Tells a test of each call of its connections, before the call is made.
 */
final class WatchedDataSource extends DelegatingDataSource {

	private final Watch watch;

	WatchedDataSource(DataSource target, Watch watch) {
		super(target);
		this.watch = watch;
	}

	@Override
	public Connection getConnection() throws SQLException {
		Connection connection = super.getConnection();
		return (Connection) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { Connection.class },
				(proxy, method, arguments) -> {
					this.watch.called(method.getName(), (arguments != null) ? String.valueOf(arguments[0]) : "");
					return method.invoke(connection, arguments);
				});
	}

	/**
	 * What is told.
	 */
	@FunctionalInterface
	interface Watch {

		/**
		 * Hear of a call.
		 * @param method the name of the method
		 * @param argument its first argument, or an empty text
		 * @throws Exception what the caller is to get instead of an answer
		 */
		void called(String method, String argument) throws Exception;

	}

}
